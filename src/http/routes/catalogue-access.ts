/** Who may read and who may write what every clinic shares: clinics, rooms, staff, programs. */
export const readsCatalogue = {
  access: { roles: ['admin', 'scheduler', 'clinician', 'integration'], scope: 'catalogue:read' },
} as const
export const adminOnly = { access: { roles: ['admin'] } } as const
export const keepsStaffAndRooms = { access: { roles: ['admin', 'scheduler'] } } as const
